import type { Subject } from '@poolsafe/conformance';

export declare const openBare: Subject['bare'];
export declare const openSafe: Subject['safe'];
export declare const withSettings: NonNullable<Subject['withSettings']>;
