import type { DoSpan } from './context.ts';
import { fillBySql } from './run-sql.ts';

const fillMatches = fillBySql('transaction-match.sql');
const fillSeconds = fillBySql('second-transaction.sql');

/**
 * Matches the metered sessions of these days to transactions. Only which transactions count as charging events is told as
 * changed: what matches what is looked up where it is shown.
 */
export const matchTransactions: DoSpan = async (connection, span, context) => {
  const { rows } = await fillMatches(connection, span, context);
  const { changed } = await fillSeconds(connection, span, context);
  return { rows, changed };
};
