SELECT user_agent, count(*) AS n FROM web GROUP BY ALL ORDER BY n DESC, user_agent LIMIT 10
