/** The folder of the contents of files, in the data folder. */
export const FILES_FOLDER = 'files';
/** The folder of unfinished uploads, in the data folder. */
export const UPLOADS_FOLDER = 'uploads';
