/** The logo of Parley. */
export function Logo({ size = 32 }: { size?: number }) {
  return <img src="/icon.svg" width={size} height={size} alt="" className="shrink-0" />;
}
