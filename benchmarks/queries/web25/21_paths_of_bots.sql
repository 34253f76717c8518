SELECT path, count(*) AS n FROM web WHERE user_agent LIKE '%bot%' GROUP BY ALL ORDER BY n DESC, path LIMIT 10
