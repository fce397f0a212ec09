import type {
  ClientId,
  ConversationId,
  OpenReportsAnswer,
  ReportDetails,
  ReportMessageBody,
  ReportsPage,
  ResolveReportBody,
  Seq,
} from '@parley/protocol';
import { query } from './query.ts';
import type { ReadOptions, RestSession } from './rest-session.ts';

/** Reports of messages over REST. */
export class ReportsApi {
  readonly #api: RestSession;

  constructor(api: RestSession) {
    this.#api = api;
  }

  /** Reports a message to the admins; the event `report.resolved` has the outcome. */
  reportMessage(
    conversation: ConversationId,
    message: Seq,
    body: ReportMessageBody,
    id?: ClientId,
  ): Promise<void> {
    const path = `/conversations/${conversation}/messages/${message}/report`;
    return this.#api.request('POST', path, { body, id });
  }

  /** Lists the open reports of messages of a group, for its admins. */
  groupReports(
    conversation: ConversationId,
    request: { limit?: number; after?: string } = {},
    options: ReadOptions = {},
  ): Promise<ReportsPage> {
    return this.#api.request(
      'GET',
      `/conversations/${conversation}/reports${query(request)}`,
      options,
    );
  }

  /** Lists all open reports of messages, the oldest first, for the admins of the server. */
  allReports(
    request: { limit?: number; after?: string } = {},
    options: ReadOptions = {},
  ): Promise<ReportsPage> {
    return this.#api.request('GET', `/admin/reports${query(request)}`, options);
  }

  /** Counts the open reports that the account may read. */
  countOpen(): Promise<OpenReportsAnswer> {
    return this.#api.request('GET', '/reports/open');
  }

  /** Returns an open report with the messages around the reported one. */
  report(report: string, options: ReadOptions = {}): Promise<ReportDetails> {
    return this.#api.request('GET', `/reports/${report}`, options);
  }

  /** Resolves all open reports of the message of a report. */
  resolveReport(report: string, body: ResolveReportBody, id?: ClientId): Promise<void> {
    return this.#api.request('POST', `/reports/${report}/resolve`, { body, id });
  }
}
