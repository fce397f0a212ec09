import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { SidebarDialog } from '../sidebar/dialogs.tsx';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { cx } from '../ui/cx.ts';
import { Dialog } from '../ui/dialog.tsx';
import { fieldStyle } from '../ui/field-style.ts';
import type { ShownPresence } from '../ui/presence-dot.tsx';
import { UnreadBadge } from '../ui/unread-badge.tsx';
import { usePresenceOf } from '../users/use-presence-of.ts';
import { type Result, type ResultGroup, useResults } from './use-results.tsx';

/** Finds conversations, people, messages and commands by a part of their names, and goes there. */
export function Switcher({
  open,
  onClose,
  onClosed,
  openDialog,
}: {
  open: boolean;
  onClose: () => void;
  /** Called after it has closed. */
  onClosed: () => void;
  openDialog: (dialog: SidebarDialog) => void;
}) {
  const [text, setText] = useState('');
  /**
   * The key of the highlighted result, because answers of the server may add results before it.
   * Null: the first.
   */
  const [picked, setPicked] = useState<string | null>(null);
  /** Run after the dialog has closed, so that the action can move the focus. */
  const chosen = useRef<Result | null>(null);
  const groups = useResults(text, openDialog);
  const results = groups.flatMap((group) => group.results);
  const current = results.find(({ key }) => key === picked) ?? results[0];
  const choose = (result: Result | undefined) => {
    if (!result) return;
    chosen.current = result;
    onClose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = current ? results.indexOf(current) : 0;
    const pick = (n: number) => setPicked(results.at(n)?.key ?? null);
    if (event.key === 'ArrowDown') pick(at + 1 < results.length ? at + 1 : 0);
    else if (event.key === 'ArrowUp') pick(at - 1);
    else if (event.key === 'Enter') choose(current);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      onClosed={() => {
        onClosed();
        chosen.current?.run();
      }}
      title={t('switcher.title')}
    >
      <input
        // The user has just opened the dialog to type.
        autoFocus
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setPicked(null);
        }}
        onKeyDown={onKeyDown}
        role="combobox"
        aria-expanded={results.length > 0}
        aria-controls="switcher-results"
        aria-autocomplete="list"
        aria-activedescendant={current ? optionId(current) : undefined}
        aria-label={t('switcher.search')}
        placeholder={t('switcher.placeholder')}
        autoComplete="off"
        spellCheck={false}
        className={`${fieldStyle()} mb-2 h-11 px-3`}
      />
      <ResultList groups={groups} current={current} onPick={setPicked} onChoose={choose} />
      {/* The number of results is read out as it changes. */}
      <p role="status" className="sr-only">
        {t('switcher.count', { count: results.length })}
      </p>
    </Dialog>
  );
}

/** The results in their groups; scrolls to the highlighted one. */
function ResultList({
  groups,
  current,
  onPick,
  onChoose,
}: {
  groups: readonly ResultGroup[];
  current: Result | undefined;
  onPick: (key: string) => void;
  onChoose: (result: Result) => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  const presence = usePresenceOf(
    groups.flatMap(({ results }) => results.flatMap(({ user }) => user ?? [])),
  );
  const currentKey = current?.key;
  useEffect(() => {
    if (currentKey === undefined) return;
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [currentKey]);
  return (
    <div
      ref={list}
      id="switcher-results"
      role="listbox"
      aria-label={t('switcher.results')}
      // A sheet on a phone keeps its height, so that the field does not move while the user types.
      className="-mx-2 min-h-40 max-sm:min-h-[70dvh]"
    >
      {groups.map(({ key, title, results }) => (
        // biome-ignore lint/a11y/useSemanticElements: a listbox has groups, not fieldsets.
        <div key={key} role="group" aria-label={title}>
          <p aria-hidden className="px-2 pt-2 pb-1 font-semibold text-caption text-muted">
            {title}
          </p>
          {results.map((result) => (
            <Option
              key={result.key}
              result={result}
              isCurrent={result === current}
              presence={result.user === null ? undefined : presence(result.user)}
              onPick={() => onPick(result.key)}
              onChoose={() => onChoose(result)}
            />
          ))}
        </div>
      ))}
    </div>
  );
}

/** One result in the list. */
function Option({
  result,
  isCurrent,
  presence,
  onPick,
  onChoose,
}: {
  result: Result;
  isCurrent: boolean;
  presence: ShownPresence | undefined;
  /** Called when the mouse moves over the result, to highlight it. */
  onPick: () => void;
  onChoose: () => void;
}) {
  return (
    <div
      id={optionId(result)}
      role="option"
      tabIndex={-1}
      aria-selected={isCurrent}
      // A list that scrolls under a resting pointer also triggers this, without movement.
      onMouseMove={({ movementX, movementY }) => {
        if (movementX !== 0 || movementY !== 0) onPick();
      }}
      onClick={onChoose}
      onKeyDown={() => undefined}
      className={cx(
        'flex min-h-10 pointer-coarse:min-h-11 cursor-pointer items-center gap-3 rounded-lg px-2 py-1',
        isCurrent && 'bg-selected',
      )}
    >
      <span className="flex size-7 shrink-0 items-center justify-center text-muted">
        {result.user === null ? (
          result.icon
        ) : (
          <Avatar
            id={result.user}
            name={result.title}
            size={28}
            presence={presence}
            avatar={result.avatar}
          />
        )}
      </span>
      <bdi className={cx('min-w-0 flex-1 truncate', result.unread > 0 && 'font-semibold')}>
        {result.title}
      </bdi>
      {result.note !== '' && (
        <bdi className="max-w-[40%] truncate text-muted text-sm">{result.note}</bdi>
      )}
      {result.unread > 0 && <UnreadBadge count={result.unread} />}
    </div>
  );
}

const optionId = ({ key }: Result): string => `switcher-${key}`;
