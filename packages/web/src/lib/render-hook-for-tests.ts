import { act, createElement, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';

/** What React requires of `window`, which a test of hooks replaces. */
export const windowForHooks = { HTMLIFrameElement: class {} };

/** What React requires of the document in which a component without elements is rendered. */
function emptyElement() {
  const none = () => undefined;
  const document = { nodeType: 9, activeElement: null, addEventListener: none, body: null };
  return {
    nodeType: 1,
    nodeName: 'DIV',
    tagName: 'DIV',
    namespaceURI: 'http://www.w3.org/1999/xhtml',
    ownerDocument: document,
    addEventListener: none,
    removeEventListener: none,
    firstChild: null,
    lastChild: null,
    textContent: '',
  } as unknown as Element;
}

/** A hook that is in use by a component without elements, which needs no browser. */
export interface RenderedHook<Props, Result> {
  /** What the hook returned last. */
  readonly result: Result;
  /** Renders the component again. */
  render(props: Props): Promise<void>;
  /** Runs what changes the state of the hook, and renders what follows from it. */
  change(run: () => unknown): Promise<void>;
  unmount(): Promise<void>;
}

/** Renders a hook, inside of the elements that `wrap` returns. */
export async function renderHook<Props, Result>(
  useHook: (props: Props) => Result,
  first: Props,
  wrap: (component: ReactNode) => ReactNode = (component) => component,
): Promise<RenderedHook<Props, Result>> {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const latest: { result?: Result } = {};
  const Component = ({ props }: { props: Props }) => {
    latest.result = useHook(props);
    return null;
  };
  const root = createRoot(emptyElement());
  const change = (run: () => unknown) =>
    act(async () => {
      await run();
    });
  const render = (props: Props) =>
    change(() => root.render(wrap(createElement(Component, { props }))));
  await render(first);
  return {
    get result() {
      return latest.result as Result;
    },
    render,
    change,
    unmount: () => change(() => root.unmount()),
  };
}
