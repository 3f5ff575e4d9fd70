import type { components as Answered, paths as AnsweredPaths } from "./generated/answered";
import type { components as Sent, paths as SentPaths } from "./generated/sent";

/** What is sent is read leniently, what is answered in full: see scripts/types.mjs. */
type Operation<S, A> = { [K in keyof A]: K extends "requestBody" | "parameters" ? (K extends keyof S ? S[K] : never) : A[K] };
export type Paths = {
  [P in keyof AnsweredPaths & keyof SentPaths]: {
    [M in keyof AnsweredPaths[P] & keyof SentPaths[P]]: Operation<SentPaths[P][M], AnsweredPaths[P][M]>;
  };
};

type Answers = Answered["schemas"];
type Bodies = Sent["schemas"];
/** Fields that are answered only where they were asked for. */
type WhereAsked<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;

export type User = Answers["User"];
export type Member = Answers["Member"];
export type Invitation = Answers["Invitation"];
export type NewInvitation = Answers["NewInvitation"];
export type Project = Answers["Project"];
export type ProjectBody = Bodies["Project"];
export type ApiKey = Answers["Key"];
export type NewApiKey = Answers["NewKey"];
export type ExpiredFile = Answers["ExpiredFile"];
export type NewProject = Answers["NewProject"];
export type TrackingCode = Answers["TrackingCode"];
export type Template = Answers["Template"];
export type Funnel = Answers["Funnel"];
export type Stage = Bodies["Stage"];
export type Exclusion = Bodies["Exclusion"];
export type ConversionWindow = Bodies["ConversionWindow"];
export type Definition = Pick<
  Bodies["FunnelBody"],
  "stages" | "order" | "conversion_window" | "exclusions" | "exclusion_policy"
>;
export type FunnelBody = Bodies["FunnelBody"];
export type FunnelQuestion = Omit<FunnelBody, keyof Definition>;
export type StageAnswer = Answers["StageAnswer"];
export type BreakdownRow = WhereAsked<Answers["BreakdownRow"], "trend">;
export type FunnelAnswer = Omit<
  WhereAsked<Answers["FunnelAnswer"], "trend" | "time_to_convert" | "previous" | "change_percent">,
  "breakdown" | "previous"
> & {
  breakdown?: BreakdownRow[];
  previous?: Pick<Answers["FunnelAnswer"], "stages" | "overall_conversion_rate">; // the document: any object
};
export type RetentionBody = Bodies["RetentionBody"];
export type RetentionAnswer = WhereAsked<Answers["RetentionAnswer"], "breakdown">;
export type LifecycleBody = Bodies["LifecycleBody"];
export type LifecycleAnswer = Answers["LifecycleAnswer"];
export type StickinessBody = Bodies["StickinessBody"];
export type StickinessAnswer = Answers["StickinessAnswer"];
export type TrendsBody = Bodies["TrendsBody"];
export type TrendsAnswer = Omit<WhereAsked<Answers["TrendsAnswer"], "formulas" | "breakdown" | "change_percent">, "previous"> & {
  previous?: WhereAsked<Answers["TrendsFigures"], "formulas" | "breakdown">;
};
export type SessionsBody = Bodies["SessionsBody"];
export type SessionsAnswer = Omit<WhereAsked<Answers["SessionsAnswer"], "periods" | "trend" | "change_percent">, "previous"> & {
  previous?: WhereAsked<Answers["SessionsFigures"], "periods" | "trend">;
};
export type SessionListBody = Bodies["SessionListBody"];
export type ListedSession = Answers["Session"];
export type PathsBody = Bodies["PathsBody"];
export type PathsAnswer = Answers["PathsAnswer"];
export type Report = Answers["Report"];
export type ShownReport = Bodies["ShownReport"];
export type Dashboard = Omit<Answers["Dashboard"], "reports"> & { reports: ShownReport[] };
export type MetricPoint = { period: string; value: number | null; reason?: string };
export type MetricLine = { value: string; points: MetricPoint[]; total: number | null };
export type MetricAnswer = Omit<Answers["MetricAnswer"], keyof MetricLine | "breakdown"> &
  Omit<MetricLine, "value"> & { breakdown?: MetricLine[] };
export type TrendPeriod = Answers["TrendPeriod"];
export type TimeToConvert = Answers["TimeToConvert"];
export type HistoryEntry = Answers["HistoryEntry"];
export type Verification = Answers["Verification"];
export type AccessEntry = Answers["AccessEntry"];
export type PlannedRevert = Answers["PlannedRevert"];
export type Difference = Answers["Difference"];
export type Receipt = Answers["Receipt"];
export type Catalogue = Answers["Catalogue"];
export type CatalogueType = Answers["EventType"];
export type CatalogueName = Answers["Name"];
export type Behind = Answers["Behind"];
export type Explained = Answers["Explained"];
export type StoredEvent = Answers["StoredEvent"];
export type WholePerson = Answers["WholePerson"];
export type PersonEvent = Answers["PersonEvent"];
export type PersonSession = Answers["PersonSession"];
export type SeenPerson = Answers["Person"];
export type IdentityLink = Answers["IdentityLink"];
export type Cohort = Answers["Cohort"];
export type QualityAnswer = Answers["QualityAnswer"];
export type Quality = Answers["Quality"];
export type DayQuality = Answers["DayQuality"];
export type Refused = Answers["Quarantined"];
export type ReplayAnswer = Answers["ReplayAnswer"];
export type EventSchema = Answers["EventSchema"];
export type SchemaMode = EventSchema["mode"];
export type SchemaDraft = Answers["Draft"];
export type DryRunAnswer = Answers["DryRunAnswer"];
export type SystemJobs = Answers["SystemJobs"];
export type Job = Answers["Job"];
export type JobRun = Answers["Run"];
