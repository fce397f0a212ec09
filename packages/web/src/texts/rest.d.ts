// The second part of each catalog (`split-texts.ts` of the build).
declare module '*en.ts?rest' {
  export const en: import('./keys.ts').Catalog;
}
declare module '*de.ts?rest' {
  export const de: import('./keys.ts').Translation;
}
declare module '*es.ts?rest' {
  export const es: import('./keys.ts').Translation;
}
declare module '*ar.ts?rest' {
  export const ar: import('./keys.ts').Translation;
}
