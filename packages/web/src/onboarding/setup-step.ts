/** What a step of the setup guide is given: what to do when it is complete. */
export interface SetupStepProps {
  readonly onDone: () => Promise<void>;
}
