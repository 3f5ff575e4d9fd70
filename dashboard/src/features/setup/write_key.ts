import type { QueryClient } from "@tanstack/react-query";

/** A key is told once, when it is made: for the next page it is kept in memory alone, and gone after a reload. */
const keyOf = (projectId: string) => ["write-key", projectId];

export const keepWriteKey = (client: QueryClient, projectId: string, writeKey: string): unknown => client.setQueryData(keyOf(projectId), writeKey);
export const keptWriteKey = (client: QueryClient, projectId: string): string | null => client.getQueryData<string>(keyOf(projectId)) ?? null;
