"""The bridge between CalendarSync and Cozi."""
