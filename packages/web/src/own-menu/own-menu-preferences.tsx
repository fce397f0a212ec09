import { Bell, BellOff, Check, Contrast, Laptop, Moon, Sun, Volume2, VolumeX } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { useNotificationSettings } from '../notifications/settings.ts';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { MENU_ITEM, MENU_LABEL } from '../ui/menu-style.ts';
import { setMoreContrast, setTheme, type Theme, useMoreContrast, useTheme } from '../ui/theme.ts';

const THEMES: [Theme, PlainKey, ReactNode][] = [
  ['system', 'ownMenu.themeSystem', <Laptop key="s" size={16} />],
  ['light', 'ownMenu.themeLight', <Sun key="l" size={16} />],
  ['dark', 'ownMenu.themeDark', <Moon key="d" size={16} />],
];

/** The items of the account menu for the theme and the contrast of this browser. */
export function ThemeItems() {
  const theme = useTheme();
  const moreContrast = useMoreContrast();
  return (
    <>
      <DropdownMenu.Label className={MENU_LABEL}>{t('ownMenu.theme')}</DropdownMenu.Label>
      <DropdownMenu.RadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
        {THEMES.map(([value, description, icon]) => (
          <DropdownMenu.RadioItem key={value} value={value} className={MENU_ITEM}>
            {icon} <span className="flex-1">{t(description)}</span>
            <DropdownMenu.ItemIndicator>
              <Check size={16} />
            </DropdownMenu.ItemIndicator>
          </DropdownMenu.RadioItem>
        ))}
      </DropdownMenu.RadioGroup>
      <DropdownMenu.CheckboxItem
        className={MENU_ITEM}
        checked={moreContrast}
        onCheckedChange={setMoreContrast}
      >
        <Contrast size={16} /> <span className="flex-1">{t('ownMenu.moreContrast')}</span>
        <DropdownMenu.ItemIndicator>
          <Check size={16} />
        </DropdownMenu.ItemIndicator>
      </DropdownMenu.CheckboxItem>
    </>
  );
}

/** The items of the account menu for the notifications in this browser. */
export function NotificationItems() {
  const { permission, notify, sound, setNotify, setSound } = useNotificationSettings();
  return (
    <>
      <DropdownMenu.CheckboxItem
        className={MENU_ITEM}
        checked={notify}
        disabled={permission === 'denied' || permission === 'unsupported'}
        onCheckedChange={(on) => void setNotify(on)}
      >
        {notify ? <Bell size={16} /> : <BellOff size={16} />}
        <span className="flex-1">
          {permission === 'denied'
            ? t('ownMenu.notificationsBlocked')
            : permission === 'unsupported'
              ? t('ownMenu.notificationsUnsupported')
              : t('ownMenu.notifications')}
        </span>
        <DropdownMenu.ItemIndicator>
          <Check size={16} />
        </DropdownMenu.ItemIndicator>
      </DropdownMenu.CheckboxItem>
      <DropdownMenu.CheckboxItem className={MENU_ITEM} checked={sound} onCheckedChange={setSound}>
        {sound ? <Volume2 size={16} /> : <VolumeX size={16} />}{' '}
        <span className="flex-1">{t('ownMenu.notificationSound')}</span>
        <DropdownMenu.ItemIndicator>
          <Check size={16} />
        </DropdownMenu.ItemIndicator>
      </DropdownMenu.CheckboxItem>
    </>
  );
}
