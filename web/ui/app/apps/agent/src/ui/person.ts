// How a colleague is called on the settings pages.

export const full_name = (user: { first_name: string; last_name: string }): string => `${user.first_name} ${user.last_name}`.trim()
