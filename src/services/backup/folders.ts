/** The folders that belong to backups, besides that of the manifests; whatever else lies in the container is not looked at. */
export const FOLDERS = ['postgres/', 'influx/', 'files/'] as const;
