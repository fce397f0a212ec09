export interface HardCodedText {
  readonly text: string;
  readonly file: string;
  readonly line: number;
}
export function hardCodedTexts(source: string, file: string): HardCodedText[];
export function hardCodedTextsOfWeb(): HardCodedText[];
export function sourcesOfWeb(): { readonly file: string; readonly source: string }[];
