import { BlobServiceClient } from '@azure/storage-blob';
import { EvidaError, messageOf } from '../../../errors.ts';
import type { DoSpan } from '../context.ts';
import { readMonthReport } from './month-report.ts';
import { reportCsv } from './report-csv.ts';

/**
 * Writes the report of a month that is over to blob storage, as `reports/2026-10.html`, `.csv` and `.json`; again if its
 * numbers have changed since. Its rows are the blobs.
 */
export const storeReport: DoSpan = async (connection, { fromDay, toDay }, context) => {
  const { reports, nowMs, timeZone, signal } = context;
  const { rows } = await connection.query(
    'SELECT to_timestamp($1::double precision / 1000) >= $2::date::timestamp AT TIME ZONE $3 AS is_over',
    [nowMs, toDay, timeZone],
  );
  if (reports === undefined || rows[0]?.is_over !== true) return { rows: 0, changed: undefined };
  const month = fromDay.slice(0, 7);
  const report = await readMonthReport(connection, month, {});
  // Charts are loaded only where they are drawn.
  const { reportHtml } = await import('./report-html.ts');
  const contents = [
    [`reports/${month}.html`, reportHtml(report), 'text/html; charset=utf-8'],
    [`reports/${month}.csv`, reportCsv(report), 'text/csv; charset=utf-8'],
    [`reports/${month}.json`, JSON.stringify(report), 'application/json'],
  ] as const;
  for (const [name, text, blobContentType] of contents) {
    try {
      const service = BlobServiceClient.fromConnectionString(reports.connectionString);
      const container = service.getContainerClient(reports.container);
      await container.createIfNotExists({ abortSignal: signal });
      await container
        .getBlockBlobClient(name)
        .upload(text, Buffer.byteLength(text), { blobHTTPHeaders: { blobContentType }, abortSignal: signal });
    } catch (error) {
      signal.throwIfAborted();
      throw new EvidaError('BLOB_UNAVAILABLE', {
        operation: `storing ${name}`,
        problem: messageOf(error),
        cause: error,
      });
    }
  }
  return { rows: contents.length, changed: undefined };
};
