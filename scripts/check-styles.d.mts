export interface RawStyle {
  readonly file: string;
  readonly line: number;
  readonly found: string;
  readonly advice: string;
}
export function rawStyles(source: string, file: string): RawStyle[];
export function rawStylesOfWeb(): RawStyle[];
