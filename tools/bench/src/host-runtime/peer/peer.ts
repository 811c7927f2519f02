/** The same call made by somebody else, kept by whatever they keep. */
export interface PeerCalls {
  call(): Promise<void>;
  /** How many calls are kept as completed. */
  count(): Promise<number>;
  close(): Promise<void>;
}
