let context: AudioContext | null = null;
let playing = 0;

/** Plays a short chime of two notes. Browsers allow it only after a user gesture. */
export function chime(): void {
  context ??= new AudioContext();
  void context.resume();
  note(context, 659.25, 0, 0.16);
  note(context, 880, 0.11, 0.28);
}

function note(audio: AudioContext, frequency: number, after: number, length: number): void {
  const start = audio.currentTime + after;
  const gain = audio.createGain();
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(0.11, start + 0.012);
  gain.gain.exponentialRampToValueAtTime(0.0008, start + length);
  const oscillator = audio.createOscillator();
  oscillator.type = 'sine';
  oscillator.frequency.value = frequency;
  oscillator.connect(gain).connect(audio.destination);
  playing += 1;
  oscillator.onended = () => {
    playing -= 1;
    // A running context keeps threads of the browser busy with silence.
    if (playing === 0) void audio.suspend();
  };
  oscillator.start(start);
  oscillator.stop(start + length + 0.02);
}
