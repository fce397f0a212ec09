import type { DeliveryFailure } from '@parley/protocol';
import { t } from '../texts/index.ts';

/** Returns why a delivery failed, as the end of a sentence. An unknown reason leaves only the error. */
export const failureText = ({ reason, error }: DeliveryFailure): string =>
  reason === 'other' ? error : t(`deliveryFailure.${reason}`);
