import { useState } from 'react';
import { needsCtrlToSend, setNeedsCtrlToSend } from '../composer/send-key.ts';
import { useAccountId } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Card } from '../ui/card.tsx';
import { Switch } from '../ui/switch.tsx';

/** Chooses which key sends a message, on this device. */
export function ComposerCard() {
  const account = useAccountId();
  const [needsCtrl, setNeedsCtrl] = useState(() => needsCtrlToSend(account));
  return (
    <Card title={t('profile.composer')} description={t('profile.composerIntro')}>
      <Switch
        label={t('profile.sendWithCtrl')}
        hint={t('profile.sendWithCtrlHint')}
        checked={needsCtrl}
        onChange={(checked) => {
          setNeedsCtrl(checked);
          setNeedsCtrlToSend(account, checked);
        }}
      />
    </Card>
  );
}
