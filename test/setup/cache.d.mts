/** Where downloads are kept for all clones of this user. */
export declare function cacheFolder(): string;
