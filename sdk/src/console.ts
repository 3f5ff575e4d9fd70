/** What a developer is told, and the promise that nothing is ever thrown into the page. */

export const warn = (message: unknown): void => {
  if (typeof console !== "undefined") console.warn("iafa: " + message);
};

/** The result, or undefined with a warning where it failed. */
export const safely = <T>(run: () => T): T | undefined => {
  try {
    return run();
  } catch (error) {
    warn((error as Error | undefined)?.message);
    return undefined;
  }
};
