import { createElement, type JSX, type SVGProps } from 'react';

/** An icon as a module of Lucide describes it. */
export interface IconData {
  readonly name: string;
  /** Former names; those that are no strings have no class. */
  readonly aliases?: readonly unknown[];
  readonly node: readonly (readonly [tag: string, attributes: Readonly<Record<string, string>>])[];
}

interface IconProps extends SVGProps<SVGSVGElement> {
  readonly size?: number | string;
}

/**
 * Replaces the module with which Lucide makes the components of its icons (vite.config.ts), in the build. An icon is one
 * component with the same elements each time; Lucide has two, which compute all attributes each time. A conversation shows
 * over a hundred icons.
 */
export default function createLucideIcon({ name, aliases = [], node }: IconData) {
  const shapes = node.map(([tag, attributes]) => createElement(tag, attributes));
  const named = [name, ...aliases.filter((alias) => typeof alias === 'string')];
  const names = ['lucide', ...named.map((one) => `lucide-${one}`)].join(' ');
  return function LucideIcon({
    size = 24,
    className,
    children,
    ...others
  }: IconProps): JSX.Element {
    const isNamed = children !== undefined || Object.keys(others).some(isAccessible);
    const attributes = {
      xmlns: 'http://www.w3.org/2000/svg',
      width: size,
      height: size,
      viewBox: '0 0 24 24',
      fill: 'none',
      stroke: 'currentColor',
      strokeWidth: 2,
      strokeLinecap: 'round',
      strokeLinejoin: 'round',
      className: className ? `${names} ${className}` : names,
      ...(!isNamed && { 'aria-hidden': true }),
      ...others,
    } as const;
    return createElement('svg', attributes, ...shapes, children);
  };
}

const isAccessible = (prop: string): boolean =>
  prop.startsWith('aria-') || prop === 'role' || prop === 'title';
