/** The SDK of Parley, for browsers and (with `@parley/client/node`) for programs. */

export { type Activity, type ActivitySnapshot, NO_ACTIVITY } from './activity.ts';
export * from './api.ts';
export { AccountApi } from './api-account.ts';
export type { ActivityApi, ActivityRequest } from './api-activity.ts';
export { AdminApi } from './api-admin.ts';
export type { AdmissionApi } from './api-admission.ts';
export { AuthApi, type LoginOutcome } from './api-auth.ts';
export type { EmojiApi } from './api-emoji.ts';
export { ApiError } from './api-error.ts';
export { type ImagesApi, imageUrl } from './api-images.ts';
export type { LegalHoldsApi } from './api-legal-holds.ts';
export type { ModerationApi } from './api-moderation.ts';
export type { NotificationDevicesApi } from './api-notification-devices.ts';
export type { NotificationsApi } from './api-notifications.ts';
export type { PersonalApi } from './api-personal.ts';
export type { PollsApi } from './api-polls.ts';
export type { PreviewsApi } from './api-previews.ts';
export type { ReportsApi } from './api-reports.ts';
export type { RetentionApi } from './api-retention.ts';
export type { SidebarApi } from './api-sidebar.ts';
export type { UserGroupsApi } from './api-user-groups.ts';
export { Backoff } from './backoff.ts';
export * from './client.ts';
export * from './client-types.ts';
export { newId } from './commands.ts';
export type { ConnectionState } from './connection.ts';
export type { ConversationView } from './conversations.ts';
export type { CustomEmojiList } from './custom-emoji.ts';
export { type DraftPlace, draftKey } from './draft-place.ts';
export type { DraftChanged, Drafts } from './drafts.ts';
export { IndexedDbStore } from './indexeddb-store.ts';
export { membershipChange } from './membership.ts';
export { changesText } from './mentions.ts';
export {
  type Notifications,
  type NotificationsSnapshot,
  overrideKey,
} from './notifications.ts';
export { NO_OPEN_REPORTS, type OpenReports, type OpenReportsSnapshot } from './open-reports.ts';
export { nextWindowEnd, permissionsOn } from './permissions.ts';
export type { ReadOptions } from './rest-session.ts';
export { tabSocket } from './shared-sockets.ts';
export { isClosed, type SidebarSnapshot, type SidebarState } from './sidebar.ts';
export {
  browserSocket,
  type LiveSocket,
  type SocketFactory,
  type SocketHandlers,
} from './socket.ts';
export * from './store.ts';
export { Thread, type ThreadSnapshot } from './thread.ts';
export { type Threads, type ThreadsSnapshot, threadKey } from './threads.ts';
export { Timeline } from './timeline.ts';
export type { TimelineMessage, TimelineSnapshot } from './timeline-types.ts';
export type { UploadMemory, UploadOptions } from './uploads.ts';
export type { UserGroups } from './user-groups.ts';
export type { ChangeOutcome } from './waiting-changes.ts';
