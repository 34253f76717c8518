SELECT user_agent, count(*) AS requests FROM web GROUP BY user_agent ORDER BY requests DESC
