/** `evida`, which says at its end how much memory it took at most, MB. */
process.on('exit', () => process.stdout.write(`${Math.round(process.resourceUsage().maxRSS / 1024)}\n`));
await import('../../src/evida.ts');
