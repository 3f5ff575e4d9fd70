import { Component, type ReactNode } from "react";
import { ErrorNotice } from "./surfaces";

/** What was not loaded is remembered as such, by `lazy` and by browsers: only the page anew asks for it again. */
const isOfLoading = (error: unknown): boolean => error instanceof TypeError && /dynamically imported|module script/i.test(error.message);

/** Holds what fails to load or to draw where it is: what is around it stays. */
export class Contained extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    const again = isOfLoading(this.state.error) ? () => location.reload() : () => this.setState({ error: null });
    return <ErrorNotice error={this.state.error} onRetry={again} />;
  }
}
