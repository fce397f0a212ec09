/** SQL: clears the columns of a report that hold the content of the reported message. */
export const REPORTED_TEXTS_CLEARED = `message_text = '', file_names = '{}', poll_choices = '{}'`;
