import { useQuery } from "@tanstack/react-query";
import type { TrendsBody } from "@/api/types";
import { answerQuery } from "@/questions/answers";
import { refusedIn } from "./refused";

/** What the API says of formulas that are none, by their places: asked with the question itself, not once more. */
export function useRefusedFormulas(body: TrendsBody, isAsked: boolean): ReadonlyMap<number, string> {
  const { error } = useQuery({ ...answerQuery("trends", body), enabled: isAsked });
  return refusedIn(error);
}
