export function digestOf(text: string): string;
