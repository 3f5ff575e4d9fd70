import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api, done } from "@/api/client";
import { ifMatch, unlessStale } from "@/api/stale";
import type { Receipt, Report } from "@/api/types";
import type { Naming } from "@/ui/NameDialog";
import type { askedOf } from "./override";

export const reportQuery = (reportId: string, asOf: string | null) =>
  queryOptions<Report>({
    queryKey: ["report", reportId, asOf],
    queryFn: ({ signal }) =>
      answered<Report>(
        api.GET("/api/v1/reports/{report_id}", { params: { path: { report_id: reportId }, query: asOf ? { as_of: asOf } : {} }, signal }),
      ),
  });

/** What a report answers: of its kind, and with a receipt whatever that is. */
export interface ReportAnswered {
  receipt: Receipt;
}

export const reportAnswerQuery = ({ id, version }: Report, query: ReturnType<typeof askedOf>) =>
  queryOptions<ReportAnswered>({
    queryKey: ["report-answer", id, version, query],
    queryFn: async ({ signal }) => {
      const path = { report_id: id };
      const found: unknown = await answered<unknown>(api.GET("/api/v1/reports/{report_id}/answer", { params: { path, query }, signal }));
      return found as ReportAnswered; // the document says nothing of it: there is one for each kind
    },
    placeholderData: keepPreviousData,
  });

/** Another name and description; the question stays. */
export const renameReport = ({ id, version, kind, question }: Report, naming: Naming): Promise<Report> =>
  unlessStale(
    answered<Report>(
      api.PUT("/api/v1/reports/{report_id}", {
        params: { path: { report_id: id }, header: ifMatch(version) },
        body: { ...naming, kind, question },
      }),
    ),
    "Load the page anew, and make your change there.",
  );

export const deleteReport = (reportId: string): Promise<void> =>
  done(api.DELETE("/api/v1/reports/{report_id}", { params: { path: { report_id: reportId } } }));
