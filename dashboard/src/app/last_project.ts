const KEY = "project";

/** Which project was open last in this browser; storage may be forbidden, and then nothing is remembered. */
export const lastProject = {
  read(): string | null {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  },
  write(projectId: string): void {
    try {
      localStorage.setItem(KEY, projectId);
    } catch {
      // not remembered
    }
  },
};
