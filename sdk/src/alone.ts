/**
 * One tab at a time. Where there are no Web Locks every tab goes ahead: what two of them send has the same ids.
 * `isStuck` takes the lock from whoever has it, such as a tab that was put to sleep while it was sending.
 * Resolves to whether it ran.
 */
export const alone = async (name: string, isStuck: boolean, run: () => Promise<void>): Promise<boolean> => {
  let hasRun = false;
  const once = (): Promise<void> => {
    hasRun = true;
    return run();
  };
  try {
    const how: LockOptions = isStuck ? { steal: true } : { ifAvailable: true };
    await navigator.locks.request(name, how, (lock) => (lock ? once() : undefined));
  } catch {
    if (!hasRun) await once(); // no locks here; else somebody stole it
  }
  return hasRun;
};
