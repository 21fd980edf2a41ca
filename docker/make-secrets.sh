#!/bin/sh
# Makes the secrets of compose.yml in secrets/, one a file, and keeps those that are there. The directory is closed to
# other users of this machine; the files are open in it, as each container reads its own as a user of its own.
# What Eboost gave you goes there too: eboost-api-password, eboost-database-url.
set -eu
umask 022
directory=${1:-"$(dirname "$0")/secrets"}
mkdir -p "$directory"
chmod 700 "$directory"
cd "$directory"

random() { od -An -v -N "$1" -t x1 /dev/urandom | tr -d ' \n'; }
keep() { [ -s "$1" ] || printf '%s\n' "$2" >"$1"; }

keep postgres-password "$(random 24)"
keep database-admin-url "postgres://postgres:$(cat postgres-password)@postgres:5432/evida"
keep influx-admin-password "$(random 24)"
keep influx-admin-token "$(random 32)"
keep mqtt-password "$(random 24)"
keep boxes-password "$(random 24)"
keep mosquitto-users "evida:$(cat mqtt-password)
boxes:$(cat boxes-password)"
keep azurite-accounts "evida:$(random 64 | base64 | tr -d '\n')"
keep azure-storage-connection-string "DefaultEndpointsProtocol=http;AccountName=evida;AccountKey=$(
  cut -d: -f2 azurite-accounts
);BlobEndpoint=http://azurite:10000/evida;"
keep grafana-admin-password "$(random 16)"
[ -s backup-key ] || echo "keep a copy of $directory/backup-key where no backup is: without it, backups cannot be read" >&2
keep backup-key "$(random 32)"

for name in eboost-api-password eboost-database-url; do
  [ -s "$name" ] || echo "still missing: $directory/$name, which Eboost gives you" >&2
done
