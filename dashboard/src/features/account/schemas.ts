import * as z from "zod/mini";

z.config({ jitless: true }); // the Content-Security-Policy allows no code made from text, and trying would be reported

/** What can be said without asking the server. What an address or a password must be, the server says. */
const filled = (message: string) => z.string().check(z.trim(), z.minLength(1, message));
const password = (message: string) => z.string().check(z.minLength(1, message));

export const signInSchema = z.object({
  email: filled("Enter your e-mail address."),
  password: password("Enter your password."),
});

export const registerSchema = z.object({
  full_name: filled("Enter your name."),
  email: filled("Enter your e-mail address."),
  password: password("Choose a password."),
  organization_name: z.string().check(z.trim()),
});

export type SignInFields = z.infer<typeof signInSchema>;
export type RegisterFields = z.infer<typeof registerSchema>;
