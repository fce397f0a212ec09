// Loaded into the server before its own code: sets its clock as the parent process says.
import { shiftClock } from './time.mjs';

shiftClock(Number(process.env.CLOCK_SHIFT ?? 0));
process.on('message', ({ shift }) => {
  shiftClock(shift);
  process.send?.({ shift });
});
// The channel to the parent does not keep a server alive that is being stopped.
process.channel?.unref();
