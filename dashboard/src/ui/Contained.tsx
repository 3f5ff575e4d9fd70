import { Component, type ReactNode } from "react";
import { ErrorNotice } from "./surfaces";

/** Holds what fails to load or to draw where it is: what is around it stays. */
export class Contained extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return <ErrorNotice error={this.state.error} onRetry={() => this.setState({ error: null })} />;
  }
}
