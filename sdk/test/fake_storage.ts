/** localStorage as browsers have it: keys are its properties, and it may be full. */
export const fakeStorage = (room = Infinity): Storage => {
  const methods = {
    getItem(this: Record<string, string>, key: string) {
      return Object.keys(this).includes(key) ? this[key] : null;
    },
    setItem(this: Record<string, string>, key: string, value: string) {
      const taken = Object.entries(this).reduce((sum, [name, text]) => sum + (name === key ? 0 : text.length), 0);
      if (taken + value.length > room) throw new Error("QuotaExceededError");
      this[key] = value;
    },
    removeItem(this: Record<string, string>, key: string) {
      delete this[key];
    },
  };
  return Object.create(methods) as Storage;
};
