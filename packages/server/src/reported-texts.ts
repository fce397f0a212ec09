/** SQL: the columns of a report without what its message contained when it was reported. */
export const REPORTED_TEXTS_CLEARED = `message_text = '', file_names = '{}', poll_choices = '{}'`;
