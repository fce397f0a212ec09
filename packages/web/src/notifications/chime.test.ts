import { afterEach, expect, test, vi } from 'vitest';
import { chime } from './chime.ts';

/** What an audio context of the browser plays: each oscillator ends when the test says so. */
class FakeAudioContext {
  static readonly made: FakeAudioContext[] = [];
  state = 'running';
  readonly currentTime = 0;
  readonly destination = {};
  readonly oscillators: { onended: (() => void) | undefined }[] = [];

  constructor() {
    FakeAudioContext.made.push(this);
  }

  async resume() {
    this.state = 'running';
  }

  async suspend() {
    this.state = 'suspended';
  }

  createGain() {
    const gain = {
      setValueAtTime() {},
      linearRampToValueAtTime() {},
      exponentialRampToValueAtTime() {},
    };
    return { gain, connect: () => undefined };
  }

  createOscillator() {
    const oscillator = {
      onended: undefined as (() => void) | undefined,
      type: '',
      frequency: { value: 0 },
      connect: (node: object) => node,
      start() {},
      stop() {},
    };
    this.oscillators.push(oscillator);
    return oscillator;
  }
}

afterEach(() => vi.unstubAllGlobals());

test('the audio output is used only while a note sounds', () => {
  vi.stubGlobal('AudioContext', FakeAudioContext);
  chime();
  chime();
  const [context] = FakeAudioContext.made;
  const [last, ...others] = (context?.oscillators ?? []).reverse();
  expect(others).toHaveLength(3);
  for (const oscillator of others) oscillator.onended?.();
  expect(context?.state).toBe('running');
  last?.onended?.();
  expect(context?.state).toBe('suspended');
  chime();
  expect(context?.state).toBe('running');
  expect(FakeAudioContext.made).toHaveLength(1);
});
