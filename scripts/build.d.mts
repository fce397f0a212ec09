export function build(options?: { force?: boolean }): Promise<number>;
export function isFresh(name: 'packages' | 'server' | 'web'): boolean;
