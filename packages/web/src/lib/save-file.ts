/** Saves a text as a file on the user’s device. */
export function saveFile(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has started the download once the click is handled.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
