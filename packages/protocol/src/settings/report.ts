import { z } from '../base/z.ts';

/** Why a message is reported. */
export const ReportReason = z.enum(['spam', 'abuse', 'illegal', 'other']);
export type ReportReason = z.infer<typeof ReportReason>;

/** How a report was resolved, as its reporter sees it. */
export const ReportResolution = z.enum(['dismissed', 'deleted', 'hidden']);
export type ReportResolution = z.infer<typeof ReportResolution>;
