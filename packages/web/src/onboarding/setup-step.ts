/** The props of a step of the setup guide. */
export interface SetupStepProps {
  readonly onDone: () => Promise<void>;
}
