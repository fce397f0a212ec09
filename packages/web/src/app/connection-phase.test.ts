import type { ConnectionState } from '@parley/client';
import { expect, test } from 'vitest';
import { type ConnectionPhase, nextPhase } from './connection-phase.ts';

const phases = (...states: ConnectionState[]) => {
  let phase: ConnectionPhase = null;
  return states.map((state) => {
    phase = nextPhase(phase, state);
    return phase;
  });
};

test('the first connection is connecting, then loading', () => {
  expect(phases('connecting', 'catching-up', 'live')).toEqual(['connecting', 'catching-up', null]);
});

test('attempts without success stay one phase', () => {
  expect(phases('live', 'offline', 'connecting', 'offline', 'connecting')).toEqual([
    null,
    'offline',
    'offline',
    'offline',
    'offline',
  ]);
  expect(phases('offline', 'connecting', 'catching-up', 'live').at(-1)).toBeNull();
});
