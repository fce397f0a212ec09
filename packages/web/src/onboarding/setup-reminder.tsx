import { lazyPart } from '../queries/lazy-part.tsx';
import { useSetupSteps } from '../session/setup-steps.ts';
import { useParley } from '../session/use-client.ts';

const SetupCard = lazyPart(async () => (await import('./setup-card.tsx')).SetupCard);

/** Links admins back to the setup guide while steps remain. */
export function SetupReminder() {
  const mayAdminister = useParley((s) => s.me?.permissions.includes('administer') === true);
  const steps = useSetupSteps();
  if (!mayAdminister || steps === null || steps.length === 0) return null;
  return <SetupCard steps={steps.length} />;
}
