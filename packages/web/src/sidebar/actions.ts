import type { ParleyClient } from '@parley/client';
import type { SectionId } from '@parley/protocol';
import { attempt } from '../ui/attempt.ts';
import type { Drop } from './arrangement.ts';

/** Puts a conversation where it was dropped. */
export function applyDrop(client: ParleyClient, drop: Drop | null): void {
  if (!drop) return;
  const { move, toManual } = drop;
  void attempt(() =>
    Promise.all([
      client.sidebar.move(move),
      ...(toManual && move.section !== null
        ? [client.sidebar.changeSection(move.section, { order: 'manual' })]
        : []),
    ]),
  );
}

/** Moves a section up (-1) or down (1). */
export function stepSection(
  client: ParleyClient,
  shown: readonly SectionId[],
  section: SectionId,
  step: -1 | 1,
): void {
  const at = shown.indexOf(section) + step;
  const before = (step === -1 ? shown[at] : shown[at + 1]) ?? null;
  void attempt(() => client.sidebar.changeSection(section, { before }));
}
