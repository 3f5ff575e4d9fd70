/** Ids that are made here, so that what is sent twice is counted once. */

export const newId = (): string => {
  const chance = globalThis.crypto;
  if (chance?.randomUUID) return chance.randomUUID(); // only there on https and localhost
  const bytes = new Uint8Array(16);
  if (chance?.getRandomValues) chance.getRandomValues(bytes);
  else bytes.forEach((_, place) => (bytes[place] = Math.random() * 256));
  bytes[6] = (bytes[6]! & 15) | 64;
  bytes[8] = (bytes[8]! & 63) | 128;
  const hex = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};
