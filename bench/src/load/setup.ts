import { ParleyApi } from '@parley/client';

/** A user of the load. */
export interface User {
  readonly api: ParleyApi;
  readonly id: string;
}

/** Registers users, four at a time; hashing the passwords takes most of the time. */
export async function users(url: string, count: number): Promise<User[]> {
  const made: User[] = new Array(count);
  let next = 0;
  const work = async () => {
    for (let n = next++; n < count; n = next++) {
      const api = new ParleyApi({ url });
      const me = await api.register({
        username: `load-${n}`,
        displayName: `Load ${n}`,
        email: `load-${n}@bench.example`,
        password: `a password for load ${n}`,
      });
      made[n] = { api, id: me.id };
    }
  };
  await Promise.all(Array.from({ length: 4 }, work));
  return made;
}

/** Creates a group with these members and returns its id. */
export async function group(name: string, members: readonly User[]): Promise<string> {
  const [owner, ...others] = members;
  if (!owner) throw new Error('A group wants a member');
  const ids = others.map((p) => p.id);
  const { id } = await owner.api.createGroup({
    name,
    visibility: 'private',
    members: ids.slice(0, 200) as never,
  });
  for (const account of ids.slice(200)) await owner.api.addMember(id, account as never);
  return id;
}
