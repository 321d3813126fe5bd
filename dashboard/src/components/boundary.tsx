import { Component, type ReactNode } from 'react'
import { Failure } from './query-state.tsx'

/** A fault of one part leaves the rest of the page standing. React offers this as a class only. */
export class Boundary extends Component<{ children: ReactNode }, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined }

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override render() {
    const { error } = this.state
    if (!error) return this.props.children
    return <Failure error={error} busy={false} onRetry={() => this.setState({ error: undefined })} />
  }
}
